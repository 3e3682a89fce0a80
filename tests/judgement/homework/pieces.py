"""What homework of the course is made of: cells in the styles of 2017 and 2021, written anew."""

from __future__ import annotations

HEAD_2017 = """
import numpy as np
import tensorflow as tf
from keras import layers
from keras.layers import Input, Add, Dense, Activation, ZeroPadding2D, BatchNormalization
from keras.layers import Flatten, Conv2D, AveragePooling2D, MaxPooling2D, GlobalMaxPooling2D
from keras.models import Model, load_model
from keras.preprocessing import image
from keras.utils import layer_utils, plot_model
from keras.utils.data_utils import get_file
from keras.applications.imagenet_utils import preprocess_input
import pydot
from IPython.display import SVG
from keras.utils.vis_utils import model_to_dot
from resnets_utils import *
from keras.initializers import glorot_uniform
import scipy.misc
from matplotlib.pyplot import imshow
%matplotlib inline

import keras.backend as K
K.set_image_data_format('channels_last')
K.set_learning_phase(1)
"""
HEAD_2021 = """
import tensorflow as tf
import numpy as np
import scipy.misc
from tensorflow.keras.applications.resnet_v2 import ResNet50V2
from tensorflow.keras.preprocessing import image
from tensorflow.keras import layers
from tensorflow.keras.layers import Input, Add, Dense, Activation, ZeroPadding2D, Flatten, Conv2D
from tensorflow.keras.layers import BatchNormalization, AveragePooling2D, MaxPooling2D
from tensorflow.keras.models import Model, load_model
from resnets_utils import *
from tensorflow.keras.initializers import random_uniform, glorot_uniform, constant, identity
from tensorflow.python.framework.ops import EagerTensor
from matplotlib.pyplot import imshow
from test_utils import summary, comparator
import public_tests

%matplotlib inline
np.random.seed(1)
tf.random.set_seed(2)
"""
IDENTITY_2017 = """
def identity_block(X, f, filters, stage, block):
    conv, bn = 'res' + str(stage) + block + '_branch', 'bn' + str(stage) + block + '_branch'
    n1, n2, n3 = filters
    before = X
    X = Conv2D(n1, (1, 1), strides=(1, 1), padding='valid', name=conv + '2a',
               kernel_initializer=glorot_uniform(seed=0))(X)
    X = BatchNormalization(axis=3, name=bn + '2a')(X)
    X = Activation('relu')(X)
    X = Conv2D(n2, (f, f), padding='same', name=conv + '2b',
               kernel_initializer=glorot_uniform(seed=0))(X)
    X = BatchNormalization(axis=3, name=bn + '2b')(X)
    X = Activation('relu')(X)
    X = Conv2D(n3, (1, 1), name=conv + '2c', kernel_initializer=glorot_uniform(seed=0))(X)
    X = BatchNormalization(axis=3, name=bn + '2c')(X)
    X = Add()([before, X])
    return Activation('relu')(X)
"""
CONVOLUTIONAL_2017 = """
def convolutional_block(X, f, filters, stage, block, s=2):
    conv, bn = 'res' + str(stage) + block + '_branch', 'bn' + str(stage) + block + '_branch'
    n1, n2, n3 = filters
    start = X
    X = Conv2D(n1, (1, 1), strides=(s, s), name=conv + '2a')(X)
    X = Activation('relu')(BatchNormalization(axis=3, name=bn + '2a')(X))
    X = Conv2D(n2, (f, f), padding='same', name=conv + '2b')(X)
    X = Activation('relu')(BatchNormalization(axis=3, name=bn + '2b')(X))
    X = BatchNormalization(axis=3, name=bn + '2c')(Conv2D(n3, (1, 1), name=conv + '2c')(X))
    side = Conv2D(n3, (1, 1), strides=(s, s), name=conv + '1')(start)
    side = BatchNormalization(axis=3, name=bn + '1')(side)
    return Activation('relu')(layers.add([X, side]))
"""
RESNET_2017 = """
def ResNet50(input_shape=(64, 64, 3), classes=6):
    X_input = Input(input_shape)
    X = ZeroPadding2D((3, 3))(X_input)
    X = Conv2D(64, (7, 7), strides=(2, 2), name='conv1')(X)
    X = Activation('relu')(BatchNormalization(axis=3, name='bn_conv1')(X))
    X = MaxPooling2D((3, 3), strides=(2, 2))(X)
    plan = [(2, 64, 'abc', 1), (3, 128, 'abcd', 2), (4, 256, 'abcdef', 2), (5, 512, 'abc', 2)]
    for stage, n, names, stride in plan:
        X = convolutional_block(X, f=3, filters=[n, n, 4 * n], stage=stage, block='a', s=stride)
        for name in names[1:]:
            X = identity_block(X, 3, [n, n, 4 * n], stage=stage, block=name)
    X = AveragePooling2D((2, 2), name='avg_pool')(X)
    X = Dense(classes, activation='softmax', name='fc' + str(classes))(Flatten()(X))
    return Model(inputs=X_input, outputs=X, name='ResNet50')
"""
AFTER_2017 = (
    """
tf.reset_default_graph()
with tf.Session() as test:
    A_prev = tf.placeholder('float', [3, 4, 4, 6])
    A = identity_block(A_prev, f=2, filters=[2, 4, 6], stage=1, block='a')
    test.run(tf.global_variables_initializer())
""",
    """
model = ResNet50(input_shape=(64, 64, 3), classes=6)
model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
""",
    """
X_train_orig, Y_train_orig, X_test_orig, Y_test_orig, classes = load_dataset()
X_train = X_train_orig / 255.
Y_train = convert_to_one_hot(Y_train_orig, 6).T
""",
    "model.fit(X_train, Y_train, epochs=2, batch_size=32)",
    "model = load_model('ResNet50.h5')\npreds = model.evaluate(X_test, Y_test)",
    "img = image.load_img('images/my_image.jpg', target_size=(64, 64))\nimshow(img)",
    "model.summary()",
    "plot_model(model, to_file='model.png')\n"
    "SVG(model_to_dot(model).create(prog='dot', format='svg'))",
)
IDENTITY_2021 = """
# UNQ_C1
# GRADED FUNCTION: identity_block
def identity_block(X, f, filters, training=True, initializer=random_uniform):
    F1, F2, F3 = filters
    X_shortcut = X
    X = Conv2D(filters=F1, kernel_size=1, strides=(1, 1), padding='valid',
               kernel_initializer=initializer(seed=0))(X)
    X = BatchNormalization(axis=3)(X, training=training)
    X = Activation('relu')(X)
    ### START CODE HERE
    X = Conv2D(F2, f, padding='same', kernel_initializer=initializer(seed=0))(X)
    X = BatchNormalization(axis=3)(X, training=training)
    X = Activation('relu')(X)
    X = Conv2D(F3, 1, padding='valid', kernel_initializer=initializer(seed=0))(X)
    X = BatchNormalization(axis=3)(X, training=training)
    X = Add()([X, X_shortcut])
    X = Activation('relu')(X)
    ### END CODE HERE
    return X
"""
CONVOLUTIONAL_2021 = """
# UNQ_C2
# GRADED FUNCTION: convolutional_block
def convolutional_block(X, f, filters, s=2, training=True, initializer=glorot_uniform):
    F1, F2, F3 = filters
    X_shortcut = X
    X = Conv2D(F1, 1, strides=(s, s), kernel_initializer=initializer(seed=0))(X)
    X = Activation('relu')(BatchNormalization(axis=3)(X, training=training))
    X = Conv2D(F2, f, padding='same', kernel_initializer=initializer(seed=0))(X)
    X = Activation('relu')(BatchNormalization(axis=3)(X, training=training))
    X = Conv2D(F3, 1, kernel_initializer=initializer(seed=0))(X)
    X = BatchNormalization(axis=3)(X, training=training)
    X_shortcut = Conv2D(F3, 1, strides=(s, s), kernel_initializer=initializer(seed=0))(X_shortcut)
    X_shortcut = BatchNormalization(axis=3)(X_shortcut, training=training)
    return Activation('relu')(Add()([X, X_shortcut]))
"""
RESNET_2021 = """
def ResNet50(input_shape=(64, 64, 3), classes=6):
    X_input = Input(input_shape)
    X = ZeroPadding2D((3, 3))(X_input)
    X = Conv2D(64, (7, 7), strides=(2, 2), kernel_initializer=glorot_uniform(seed=0))(X)
    X = Activation('relu')(BatchNormalization(axis=3)(X))
    X = MaxPooling2D((3, 3), strides=(2, 2))(X)
    X = convolutional_block(X, 3, [64, 64, 256], 1)
    X = identity_block(X, 3, [64, 64, 256])
    X = identity_block(X, 3, [64, 64, 256])
    for n, count in ((128, 3), (256, 5), (512, 2)):
        X = convolutional_block(X, f=3, filters=[n, n, 4 * n], s=2)
        for _ in range(count):
            X = identity_block(X, 3, [n, n, 4 * n])
    X = AveragePooling2D((2, 2))(X)
    first = glorot_uniform(seed=0)
    X = Dense(classes, activation='softmax', kernel_initializer=first)(Flatten()(X))
    return Model(inputs=X_input, outputs=X)
"""
AFTER_2021 = (
    """
tf.keras.backend.set_learning_phase(False)
X1 = np.ones((1, 4, 4, 3)) * -1
A3 = identity_block(np.concatenate((X1, X1), axis=0).astype(np.float32), f=2,
                    filters=[4, 4, 3], initializer=lambda seed=0: constant(value=1))
public_tests.identity_block_test(identity_block)
""",
    "model = ResNet50(input_shape=(64, 64, 3), classes=6)\nprint(model.summary())",
    "from outputs import ResNet50_summary\ncomparator(summary(model), ResNet50_summary)",
    "opt = tf.keras.optimizers.Adam(learning_rate=0.00015)\nmodel.compile(optimizer=opt)",
    "X_train, Y_train, X_test, Y_test, classes = load_dataset()",
    "model.fit(X_train, Y_train, epochs=10, batch_size=32)",
    "pre_trained_model = load_model('resnet50.h5')",
)
HEAD_HAPPY_2017 = """
import numpy as np
from keras import layers
from keras.layers import Input, Dense, Activation, ZeroPadding2D, BatchNormalization, Flatten
from keras.layers import Conv2D, AveragePooling2D, MaxPooling2D, Dropout, GlobalMaxPooling2D
from keras.models import Model
from keras.utils.vis_utils import model_to_dot
from kt_utils import *
import keras.backend as K
K.set_image_data_format('channels_last')
%matplotlib inline
"""
HAPPY_2017 = """
def HappyModel(input_shape):
    X_input = Input(input_shape)
    X = ZeroPadding2D((3, 3))(X_input)
    X = Conv2D(32, (7, 7), strides=(1, 1), name='conv0')(X)
    X = BatchNormalization(axis=3, name='bn0')(X)
    X = Activation('relu')(X)
    X = MaxPooling2D((2, 2), name='max_pool')(X)
    X = Flatten()(X)
    X = Dense(1, activation='sigmoid', name='fc')(X)
    return Model(inputs=X_input, outputs=X, name='HappyModel')
"""
AFTER_HAPPY_2017 = (
    "X_train_orig, Y_train_orig, X_test_orig, Y_test_orig, classes = load_dataset()",
    "happyModel = HappyModel((64, 64, 3))",
    "happyModel.compile(optimizer='adam', loss='binary_crossentropy')",
    "happyModel.fit(x=X_train, y=Y_train, epochs=40, batch_size=16)",
)
HEAD_HAPPY_2021 = """
import math
import numpy as np
import h5py
import matplotlib.pyplot as plt
import scipy
from PIL import Image
import pandas as pd
import tensorflow as tf
import tensorflow.keras.layers as tfl
from tensorflow.python.framework import ops
from cnn_utils import *
from test_utils import summary, comparator
%matplotlib inline
np.random.seed(1)
"""
HAPPY_2021 = """
# GRADED FUNCTION: happyModel
def happyModel():
    model = tf.keras.Sequential([
        tfl.ZeroPadding2D(padding=(3, 3), input_shape=(64, 64, 3)),
        tfl.Conv2D(32, (7, 7), strides=1),
        tfl.BatchNormalization(axis=3),
        tfl.ReLU(),
        tfl.MaxPool2D(),
        tfl.Flatten(),
        tfl.Dense(1, activation='sigmoid'),
    ])
    return model
"""
AFTER_HAPPY_2021 = (
    "happy_model = happyModel()\nfor layer in summary(happy_model):\n    print(layer)",
    "happy_model.fit(X_train, Y_train, epochs=10, batch_size=16)",
    """
def convolutional_model(input_shape):
    i = tf.keras.Input(shape=input_shape)
    z = tfl.Conv2D(8, 4, padding='same')(i)
    p = tfl.MaxPool2D(8, 8, padding='same')(tfl.ReLU()(z))
    return tf.keras.Model(i, tfl.Dense(6, activation='softmax')(tfl.Flatten()(p)))
""",
    "conv_model = convolutional_model((64, 64, 3))\nconv_model.summary()",
)
ALPACA_2021 = """
import tensorflow as tf
import tensorflow.keras.layers as tfl
from tensorflow.keras.preprocessing import image_dataset_from_directory
from tensorflow.keras.layers.experimental.preprocessing import RandomFlip, RandomRotation

train_dataset = image_dataset_from_directory('dataset/', image_size=(160, 160))

def data_augmenter():
    data_augmentation = tf.keras.Sequential()
    data_augmentation.add(RandomFlip('horizontal'))
    data_augmentation.add(RandomRotation(0.2))
    return data_augmentation

def alpaca_model(image_shape=(160, 160), data_augmentation=data_augmenter()):
    base_model = tf.keras.applications.MobileNetV2(input_shape=image_shape + (3,))
    return base_model
"""
